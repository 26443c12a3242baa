"""Contains all the data models used in inputs/outputs"""

from .audit_jobs_list_state import AuditJobsListState
from .audited_job import AuditedJob
from .audited_reservation import AuditedReservation
from .audited_reservation_metadata_type_0 import AuditedReservationMetadataType0
from .audited_restore import AuditedRestore
from .audited_stock import AuditedStock
from .cart import Cart
from .cart_line import CartLine
from .cart_line_change_request import CartLineChangeRequest
from .cart_line_status import CartLineStatus
from .cart_state import CartState
from .category import Category
from .category_list import CategoryList
from .draft_or_published import DraftOrPublished
from .job_state import JobState
from .managed_product import ManagedProduct
from .managed_variant import ManagedVariant
from .managed_variant_options import ManagedVariantOptions
from .managed_variant_request import ManagedVariantRequest
from .managed_variant_request_options import ManagedVariantRequestOptions
from .money import Money
from .money_request import MoneyRequest
from .moved import Moved
from .movement import Movement
from .movement_reason import MovementReason
from .new_movement_request import NewMovementRequest
from .new_product_request import NewProductRequest
from .paginated_audited_job_list import PaginatedAuditedJobList
from .paginated_audited_reservation_list import PaginatedAuditedReservationList
from .paginated_audited_restore_list import PaginatedAuditedRestoreList
from .paginated_audited_stock_list import PaginatedAuditedStockList
from .paginated_managed_product_list import PaginatedManagedProductList
from .paginated_managed_variant_list import PaginatedManagedVariantList
from .paginated_movement_list import PaginatedMovementList
from .paginated_product_summary_list import PaginatedProductSummaryList
from .patched_product_change_request import PatchedProductChangeRequest
from .patched_variant_change_request import PatchedVariantChangeRequest
from .patched_variant_change_request_options import PatchedVariantChangeRequestOptions
from .problem import Problem
from .problem_errors_item import ProblemErrorsItem
from .product_change_request import ProductChangeRequest
from .product_detail import ProductDetail
from .product_image import ProductImage
from .product_state import ProductState
from .product_summary import ProductSummary
from .products_list_ordering import ProductsListOrdering
from .release_request import ReleaseRequest
from .remembered_line_request import RememberedLineRequest
from .remembered_reservation_request import RememberedReservationRequest
from .remembered_reservation_request_metadata import (
    RememberedReservationRequestMetadata,
)
from .reservation import Reservation
from .reservation_change_request import ReservationChangeRequest
from .reservation_change_request_metadata import ReservationChangeRequestMetadata
from .reservation_line import ReservationLine
from .reservation_release_request import ReservationReleaseRequest
from .reservation_release_request_metadata import ReservationReleaseRequestMetadata
from .reservation_state import ReservationState
from .seller_movement_reason import SellerMovementReason
from .seller_products_list_state import SellerProductsListState
from .variant import Variant
from .variant_change_request import VariantChangeRequest
from .variant_change_request_options import VariantChangeRequestOptions
from .variant_options import VariantOptions

__all__ = (
    "AuditedJob",
    "AuditedReservation",
    "AuditedReservationMetadataType0",
    "AuditedRestore",
    "AuditedStock",
    "AuditJobsListState",
    "Cart",
    "CartLine",
    "CartLineChangeRequest",
    "CartLineStatus",
    "CartState",
    "Category",
    "CategoryList",
    "DraftOrPublished",
    "JobState",
    "ManagedProduct",
    "ManagedVariant",
    "ManagedVariantOptions",
    "ManagedVariantRequest",
    "ManagedVariantRequestOptions",
    "Money",
    "MoneyRequest",
    "Moved",
    "Movement",
    "MovementReason",
    "NewMovementRequest",
    "NewProductRequest",
    "PaginatedAuditedJobList",
    "PaginatedAuditedReservationList",
    "PaginatedAuditedRestoreList",
    "PaginatedAuditedStockList",
    "PaginatedManagedProductList",
    "PaginatedManagedVariantList",
    "PaginatedMovementList",
    "PaginatedProductSummaryList",
    "PatchedProductChangeRequest",
    "PatchedVariantChangeRequest",
    "PatchedVariantChangeRequestOptions",
    "Problem",
    "ProblemErrorsItem",
    "ProductChangeRequest",
    "ProductDetail",
    "ProductImage",
    "ProductsListOrdering",
    "ProductState",
    "ProductSummary",
    "ReleaseRequest",
    "RememberedLineRequest",
    "RememberedReservationRequest",
    "RememberedReservationRequestMetadata",
    "Reservation",
    "ReservationChangeRequest",
    "ReservationChangeRequestMetadata",
    "ReservationLine",
    "ReservationReleaseRequest",
    "ReservationReleaseRequestMetadata",
    "ReservationState",
    "SellerMovementReason",
    "SellerProductsListState",
    "Variant",
    "VariantChangeRequest",
    "VariantChangeRequestOptions",
    "VariantOptions",
)
