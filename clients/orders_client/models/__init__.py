"""Contains all the data models used in inputs/outputs"""

from .address import Address
from .address_request import AddressRequest
from .audit_jobs_list_state import AuditJobsListState
from .audited_job import AuditedJob
from .audited_line import AuditedLine
from .audited_order import AuditedOrder
from .audited_restore import AuditedRestore
from .audited_seller_order import AuditedSellerOrder
from .correspondent import Correspondent
from .delivery import Delivery
from .delivery_request import DeliveryRequest
from .delivery_status import DeliveryStatus
from .job_state import JobState
from .money import Money
from .money_request import MoneyRequest
from .order import Order
from .order_address import OrderAddress
from .order_line import OrderLine
from .order_state import OrderState
from .paginated_address_list import PaginatedAddressList
from .paginated_audited_job_list import PaginatedAuditedJobList
from .paginated_audited_order_list import PaginatedAuditedOrderList
from .paginated_audited_restore_list import PaginatedAuditedRestoreList
from .paginated_delivery_list import PaginatedDeliveryList
from .paginated_order_list import PaginatedOrderList
from .paginated_sale_list import PaginatedSaleList
from .patched_address_request import PatchedAddressRequest
from .placed_buyer_request import PlacedBuyerRequest
from .placed_line_request import PlacedLineRequest
from .placement_request import PlacementRequest
from .problem import Problem
from .problem_errors_item import ProblemErrorsItem
from .rejection import Rejection
from .release_request import ReleaseRequest
from .remembered_address_request import RememberedAddressRequest
from .remembered_order_request import RememberedOrderRequest
from .remembered_order_state_enum import RememberedOrderStateEnum
from .remembered_part_request import RememberedPartRequest
from .sale import Sale
from .seller_order import SellerOrder
from .seller_order_state import SellerOrderState

__all__ = (
    "Address",
    "AddressRequest",
    "AuditedJob",
    "AuditedLine",
    "AuditedOrder",
    "AuditedRestore",
    "AuditedSellerOrder",
    "AuditJobsListState",
    "Correspondent",
    "Delivery",
    "DeliveryRequest",
    "DeliveryStatus",
    "JobState",
    "Money",
    "MoneyRequest",
    "Order",
    "OrderAddress",
    "OrderLine",
    "OrderState",
    "PaginatedAddressList",
    "PaginatedAuditedJobList",
    "PaginatedAuditedOrderList",
    "PaginatedAuditedRestoreList",
    "PaginatedDeliveryList",
    "PaginatedOrderList",
    "PaginatedSaleList",
    "PatchedAddressRequest",
    "PlacedBuyerRequest",
    "PlacedLineRequest",
    "PlacementRequest",
    "Problem",
    "ProblemErrorsItem",
    "Rejection",
    "ReleaseRequest",
    "RememberedAddressRequest",
    "RememberedOrderRequest",
    "RememberedOrderStateEnum",
    "RememberedPartRequest",
    "Sale",
    "SellerOrder",
    "SellerOrderState",
)
